import { Module } from '@nestjs/common';
import { CacheTierModule } from 'nestjs-cache-tier';
import { CitiesModule } from './cities/cities.module.js';
import { CountriesModule } from './countries/countries.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { SpareConnections } from './http/spare-connections.js';
import { Settings } from './settings/settings.js';
import { SettingsModule } from './settings/settings.module.js';
import { StatisticsModule } from './statistics/statistics.module.js';

@Module({
  imports: [
    SettingsModule,
    CacheTierModule.forRootAsync({
      inject: [Settings],
      useFactory: ({ redisUrl }: Settings) => ({
        namespace: 'city-guide',
        // While the database is away, what was known an hour ago is better than nothing.
        staleFor: '1h',
        memory: { maxEntries: 20_000 },
        redis: redisUrl === undefined ? undefined : { url: redisUrl },
      }),
    }),
    DatabaseModule,
    CitiesModule,
    CountriesModule,
    StatisticsModule,
    HealthModule,
  ],
  providers: [SpareConnections],
})
export class AppModule {}
