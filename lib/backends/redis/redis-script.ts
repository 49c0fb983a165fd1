import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { luaSource } from './lua-source.js';
import { callCommand, type RedisClient } from './redis-client.js';

/** A Lua script that Redis runs as a whole, with nothing in between. */
export class RedisScript {
  static #resent = 0;

  /** How often a script was sent a second time: then it came after what was sent behind it. */
  static get resent(): number {
    return RedisScript.#resent;
  }

  readonly #source: string;
  readonly #hash: string;
  /** The connections by which it has been sent: what is sent by one of them later comes after it. */
  readonly #sent = new WeakSet<object>();

  /**
   * @param name of its file in `scripts`, whose header tells the keys, the arguments and the result
   * @param source its text, where the file stands elsewhere
   */
  constructor(name: string, source = luaSource(name)) {
    this.#source = source;
    this.#hash = createHash('sha1').update(this.#source).digest('hex');
  }

  /**
   * Runs it by its text at the first use of a connection, then by its hash, and by its text again where the server
   * does not have it after all. Scripts that are sent one after the other are so carried out in that order, as long
   * as nobody makes the server forget them. Its strings are answered as Buffers.
   *
   * @param keys of one slot; the client may put a prefix before them
   */
  async run(
    client: Pick<RedisClient, 'callBuffer' | 'options' | 'pipeline' | 'stream'>,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    const connection = client.stream ?? client;
    if (!this.#sent.has(connection)) {
      this.#sent.add(connection);
      return callCommand(client, 'EVAL', this.#source, keys.length, ...keys, ...args);
    }
    try {
      return await callCommand(client, 'EVALSHA', this.#hash, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isNoScript(error)) throw error;
      RedisScript.#resent++;
      return callCommand(client, 'EVAL', this.#source, keys.length, ...keys, ...args);
    }
  }
}

function isNoScript(error: unknown): boolean {
  return types.isNativeError(error) && error.message.startsWith('NOSCRIPT');
}
