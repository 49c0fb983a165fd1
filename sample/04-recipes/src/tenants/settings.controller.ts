import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { TextPipe } from '../text.pipe.js';
import type { Settings } from './settings-store.js';
import { SettingsService } from './settings.service.js';

@Controller()
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Get('settings')
  find(): Promise<Settings> {
    return this.settings.find();
  }

  @Put('settings/theme')
  @HttpCode(204)
  setTheme(@Body('theme', TextPipe) theme: string): Promise<void> {
    return this.settings.setTheme(theme);
  }

  @Delete('cache')
  @HttpCode(204)
  forget(): Promise<void> {
    return this.settings.forget();
  }
}
