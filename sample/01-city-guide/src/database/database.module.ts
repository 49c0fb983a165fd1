import { Global, Logger, Module } from '@nestjs/common';
import { Settings } from '../settings/settings.js';
import { Database } from './database.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { loadCities } from './load-cities.js';
import { LoadProgress } from './load-progress.js';
import { ServerDatabase } from './server-database.js';

/** Gives the app a database with the places in it: Nest waits for the factory before it goes on. */
@Global()
@Module({
  providers: [{ provide: Database, useFactory: openDatabase, inject: [Settings] }],
  exports: [Database],
})
export class DatabaseModule {}

async function openDatabase(settings: Settings): Promise<Database> {
  const database = await connect(settings);
  try {
    await loadCities(database, new LoadProgress(process.stdout));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function connect({ databaseUrl, dataFolder }: Settings): Promise<Database> {
  const logger = new Logger('Database');
  if (databaseUrl !== undefined) {
    return ServerDatabase.open(databaseUrl, (error) => logger.warn(error.message));
  }
  return EmbeddedDatabase.open(dataFolder, () =>
    logger.log(`Making a new database in ${dataFolder}, once; this takes some seconds`),
  );
}
