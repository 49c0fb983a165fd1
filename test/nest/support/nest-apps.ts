import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';

/** What an application has logged. */
export class LogBook implements LoggerService {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];

  log(): void {}

  error(message: unknown): void {
    this.errors.push(String(message));
  }

  warn(message: unknown): void {
    this.warnings.push(String(message));
  }
}

/** The Nest applications of a test file: each is closed after its test. */
export class NestApps {
  /** The log of the application that was started last. */
  log = new LogBook();
  readonly #open: { close(): Promise<void> }[] = [];

  /** An initialised application of one module. */
  async start(metadata: ModuleMetadata): Promise<TestingModule> {
    const module = await this.compile(metadata);
    await module.init();
    return module;
  }

  /** One that is compiled and not initialised. */
  async compile(metadata: ModuleMetadata): Promise<TestingModule> {
    const module = await this.#compile(metadata);
    this.#open.push(module);
    return module;
  }

  /** An application that answers HTTP requests. */
  async serve(metadata: ModuleMetadata): Promise<INestApplication> {
    const app = (await this.#compile(metadata)).createNestApplication();
    this.#open.push(app);
    return app.init();
  }

  async closeAll(): Promise<void> {
    // What has failed to start may fail to close, and a test may have closed it already.
    for (const app of this.#open.splice(0)) await app.close().catch(() => undefined);
  }

  #compile(metadata: ModuleMetadata): Promise<TestingModule> {
    this.log = new LogBook();
    return Test.createTestingModule(metadata).setLogger(this.log).compile();
  }
}
