import { Module } from '@nestjs/common';
import { CacheWatcher } from './cache-watcher.js';
import { DatabaseTimes } from './database-times.js';

/** For modules whose controllers use `ServerTimingInterceptor`. */
@Module({ providers: [CacheWatcher, DatabaseTimes], exports: [DatabaseTimes] })
export class TimingModule {}
