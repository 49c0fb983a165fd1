import { Module } from '@nestjs/common';
import { CacheTierModule } from 'nestjs-cache-tier';
import { cacheOptions } from '../cache-options.js';
import { SettingsController } from './settings.controller.js';
import { SettingsService } from './settings.service.js';
import { SettingsStore } from './settings-store.js';
import { TenantCaches } from './tenant-caches.js';
import { TenantDirectory } from './tenant-directory.js';
import { Tenant } from './tenant.js';

@Module({
  imports: [CacheTierModule.forRootAsync({ useFactory: () => cacheOptions('recipe-tenants') })],
  controllers: [SettingsController],
  providers: [SettingsService, SettingsStore, Tenant, TenantCaches, TenantDirectory],
})
export class SettingsModule {}
