import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One client of the proxy, with its own connection to the server. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Nothing passes any more. */
  forgotten: boolean;
  /** Whether the client has been told something since it last said something. */
  isAnswered: boolean;
  /** What waits until `heal()`; `undefined` as long as nothing has to. */
  waiting: (() => void)[] | undefined;
  /** What is late, of each direction. */
  readonly delayed: readonly [(() => void)[], (() => void)[]];
}

/**
 * Chooses a connection by its place in the order in which they were made, or by the port of its client as the
 * server sees it.
 */
type Choice = (index: number, port: number | undefined) => boolean;

/** Stands between a client and a server on the loopback address, and spoils the connections as it is told. */
export class TcpProxy {
  #links = new Set<Link>();
  #accepted = 0;
  #roundTrips = 0;
  #swallows = false;
  #swallowsAnswers = false;
  #holds = false;
  #delay = 0;

  private constructor(
    private readonly listener: Server,
    private readonly target: number,
  ) {
    listener.on('connection', (client) => this.#link(client));
  }

  /** @param target the port of the server */
  static async start(target: number): Promise<TcpProxy> {
    const listener = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new TcpProxy(listener, target);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** How many connections are open now. */
  get connections(): number {
    return Array.from(this.#links).filter(({ client }) => !client.destroyed).length;
  }

  /** How many connections have ever been made. */
  get accepted(): number {
    return this.#accepted;
  }

  /** How often a client has said something after an answer, or for the first time. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** Resets all connections that are open. New ones are served. */
  cut(): void {
    for (const { client, server } of this.#links) {
      reset(client);
      reset(server);
    }
  }

  /**
   * Swallows all data and closings in both directions, of new connections too, until `heal()`: what a firewall
   * does that has forgotten a connection. What was swallowed never arrives.
   */
  hole(): void {
    this.#swallows = true;
  }

  /** Swallows what the server says, and not what it is told, until `heal()`. */
  mute(): void {
    this.#swallowsAnswers = true;
  }

  /**
   * Swallows all data and closings of connections that are open now, for good: `heal()` does not bring them back.
   * New ones are served. After a `hole()`, this keeps a stream from going on with a part missing.
   *
   * @param which chooses among them
   */
  forget(which: Choice = () => true): void {
    for (const link of this.#open(which)) link.forgotten = true;
  }

  /**
   * Holds all data and closings back until `heal()`, and then lets all of it arrive: what a network does that loses
   * packets for a while. New connections are served, but for their data when all are held.
   *
   * @param which as in `forget`; all, and new ones too, when it is not given
   */
  hold(which?: Choice): void {
    this.#holds = which === undefined;
    for (const link of this.#open(which ?? (() => true))) link.waiting ??= [];
  }

  /** Lets all data arrive `ms` milliseconds later, in each direction; with `heal()`, what is late arrives at once. */
  delay(ms: number): void {
    this.#delay = ms;
  }

  /** Serves faithfully again. */
  heal(): void {
    this.#swallows = false;
    this.#swallowsAnswers = false;
    this.#holds = false;
    this.#delay = 0;
    for (const link of this.#links) {
      const waiting = link.waiting ?? [];
      link.waiting = undefined;
      const late = link.delayed.flatMap((delayed) => delayed.splice(0));
      for (const deliver of [...late, ...waiting]) deliver();
    }
  }

  /** Ends all connections and refuses new ones. */
  async close(): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    this.cut();
    await closed;
  }

  #link(client: Socket): void {
    this.#accepted++;
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const waiting = this.#holds ? [] : undefined;
    const link: Link = {
      client,
      server,
      forgotten: false,
      isAnswered: true,
      waiting,
      delayed: [[], []],
    };
    this.#links.add(link);
    this.#forward(link, client, server, link.delayed[0]);
    this.#forward(link, server, client, link.delayed[1]);
    for (const socket of [client, server]) {
      // 'close' follows.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) this.#links.delete(link);
      });
    }
  }

  #say(link: Link): void {
    if (link.isAnswered) this.#roundTrips++;
    link.isAnswered = false;
  }

  #open(which: Choice): readonly Link[] {
    const open = Array.from(this.#links).filter(({ client }) => !client.destroyed);
    return open.filter(({ server }, index) => which(index, server.localPort));
  }

  #forward(link: Link, from: Socket, to: Socket, delayed: (() => void)[]): void {
    const pass = (deliver: () => void): void => {
      if (this.#swallows || link.forgotten) return;
      if (this.#swallowsAnswers && from === link.server) return;
      if (link.waiting !== undefined) {
        link.waiting.push(deliver);
        return;
      }
      if (this.#delay === 0 && delayed.length === 0) {
        deliver();
        return;
      }
      // Each timer delivers what has waited longest, so that nothing overtakes.
      delayed.push(deliver);
      // The connections keep the process alive, and not what is on its way.
      setTimeout(() => delayed.shift()?.(), this.#delay).unref();
    };
    from.on('data', (chunk) => {
      if (from === link.client) this.#say(link);
      pass(() => {
        if (from === link.server) link.isAnswered = true;
        if (to.writable) to.write(chunk);
      });
    });
    from.on('close', () => pass(() => to.destroySoon()));
  }
}

/** A socket that has begun to end cannot be reset any more: Node would keep it open, and itself from exiting. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
