import {
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  Patch,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import { DegreesPipe } from '../http/degrees.pipe.js';
import { NewPopulationPipe } from '../http/new-population.pipe.js';
import { PlaceNamePipe } from '../http/place-name.pipe.js';
import { WholeNumberPipe } from '../http/whole-number.pipe.js';
import { ServerTimingInterceptor } from '../timing/server-timing.interceptor.js';
import { CitiesService } from './cities.service.js';
import type { City, NearbyCity } from './city.js';

/** Postgres's `integer`. */
const cityId = new WholeNumberPipe({ min: 1, max: 2_147_483_647 });
const limit = new WholeNumberPipe({ min: 1, max: 100, default: 10 });

@Controller('cities')
@UseInterceptors(ServerTimingInterceptor)
export class CitiesController {
  constructor(private readonly cities: CitiesService) {}

  @Get()
  search(
    @Query('q', PlaceNamePipe) beginning: string,
    @Query('limit', limit) howMany: number,
  ): Promise<readonly City[]> {
    return this.cities.search(beginning, howMany);
  }

  // Before ':id', which would take "near" for an id.
  @Get('near')
  near(
    @Query('lat', new DegreesPipe(90)) lat: number,
    @Query('lon', new DegreesPipe(180)) lon: number,
    @Query('limit', limit) howMany: number,
  ): Promise<readonly NearbyCity[]> {
    return this.cities.near({ lat, lon }, howMany);
  }

  @Get(':id')
  async findOne(@Param('id', cityId) id: number): Promise<City> {
    return known(await this.cities.findById(id), id);
  }

  @Patch(':id')
  async setPopulation(
    @Param('id', cityId) id: number,
    @Body(NewPopulationPipe) population: number,
  ): Promise<City> {
    const city = known(await this.cities.findById(id), id);
    return known(await this.cities.setPopulation(city, population), id);
  }
}

function known(city: City | undefined, id: number): City {
  if (city === undefined) throw new NotFoundException(`There is no city with the id ${id}`);
  return city;
}
