import { Controller, Get, NotFoundException, Param, UseInterceptors } from '@nestjs/common';
import { CountryCodePipe } from '../http/country-code.pipe.js';
import { ServerTimingInterceptor } from '../timing/server-timing.interceptor.js';
import { CountriesService } from './countries.service.js';
import type { CountrySummary } from './country-summary.js';

@Controller('countries')
@UseInterceptors(ServerTimingInterceptor)
export class CountriesController {
  constructor(private readonly countries: CountriesService) {}

  @Get(':code/summary')
  async summary(@Param('code', CountryCodePipe) code: string): Promise<CountrySummary> {
    const summary = await this.countries.summary(code);
    if (summary === undefined) {
      throw new NotFoundException(`No place of the country ${code} is known`);
    }
    return summary;
  }
}
