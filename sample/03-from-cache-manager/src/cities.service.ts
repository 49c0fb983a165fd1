import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** What was found, and how many times the service had been asked by then. */
export interface Answer {
  readonly names: string[];
  readonly reads: number;
}

/** Stands for a database: it takes a while, and tells how often it was asked. */
@Injectable()
export class CitiesService {
  readonly #names = ['Bern', 'Bergen', 'Oslo'];
  #reads = 0;

  findAll(): Promise<Answer> {
    return this.#read(this.#names);
  }

  findLargest(): Promise<Answer> {
    return this.#read(this.#names.slice(-1));
  }

  findNames(letter: string): Promise<Answer> {
    return this.#read(this.#names.filter((name) => name.startsWith(letter)));
  }

  greet(name: string): Promise<Answer> {
    return this.#read([name]);
  }

  add(name: string): Promise<Answer> {
    this.#names.push(name);
    return this.#read([name]);
  }

  async #read(names: readonly string[]): Promise<Answer> {
    const reads = ++this.#reads;
    await sleep(100);
    return { names: [...names], reads };
  }
}
