import { Body, Controller, Get, Headers, Inject, Param, Post } from '@nestjs/common';
import { CACHE_MANAGER, Cache, CacheKey, CacheTTL } from 'nestjs-cache-tier/compat';
import { CitiesService, type Answer } from './cities.service.js';

@Controller()
export class CitiesController {
  constructor(
    @Inject(CACHE_MANAGER) private readonly cacheManager: Cache,
    private readonly cities: CitiesService,
  ) {}

  @Get('cities')
  findAll(): Promise<Answer> {
    return this.cities.findAll();
  }

  @Get('largest')
  @CacheKey('largest-city')
  @CacheTTL(5_000)
  findLargest(): Promise<Answer> {
    return this.cities.findLargest();
  }

  /** The cache by hand: a value that is computed where there is none. */
  @Get('names/:letter')
  async findNames(@Param('letter') letter: string): Promise<string[]> {
    const key = `names:${letter}`;
    const { names } = await this.cacheManager.wrap(
      key,
      () => this.cities.findNames(letter),
      10_000,
    );
    return names;
  }

  /** What the one who asks is greeted with. */
  @Get('me')
  me(@Headers('authorization') name = 'nobody'): Promise<Answer> {
    return this.cities.greet(name);
  }

  @Post('cities')
  async add(@Body('name') name: string): Promise<Answer> {
    const added = await this.cities.add(name);
    await this.cacheManager.mdel(['/cities', 'largest-city']);
    return added;
  }
}
