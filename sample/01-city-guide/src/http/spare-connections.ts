import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/**
 * Ends connections when the app is told to stop: those that no request has come on, and those in use when their
 * request has been answered. A browser opens the former to have them at hand, and Node's `server.close()` waits up to
 * a minute for their first request; on the latter a page that asks again and again would go on for ever.
 */
@Injectable()
export class SpareConnections implements OnModuleInit, BeforeApplicationShutdown {
  readonly #spare = new Set<Socket>();
  #stopping = false;

  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('connection', (socket: Socket) => {
      if (this.#stopping) return void socket.destroy();
      this.#spare.add(socket);
      socket.once('close', () => this.#spare.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#spare.delete(socket);
      response.once('close', () => {
        if (this.#stopping) socket.end();
      });
    });
  }

  beforeApplicationShutdown(): void {
    this.#stopping = true;
    for (const socket of this.#spare) socket.destroy();
  }
}
