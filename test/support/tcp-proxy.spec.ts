import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from './patience.js';
import { TcpProxy } from './tcp-proxy.js';

let echo: Server;
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.start((echo.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  echo.close();
  await once(echo, 'close');
});

async function open(): Promise<Socket> {
  const client = connect(proxy.port, '127.0.0.1');
  clients.push(client);
  await once(client, 'connect');
  return client;
}

async function ask(client: Socket, text: string): Promise<string> {
  client.write(text);
  const [answer]: Buffer[] = await once(client, 'data');
  return String(answer);
}

/** 'nothing', unless something comes; what has been sent by then has been read, however slow the machine is. */
async function nothing(): Promise<string> {
  await sleep(100);
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  return 'nothing';
}

describe('TcpProxy', () => {
  it('passes data on in both directions and counts connections', async () => {
    const client = await open();

    expect(await ask(client, 'hello')).toBe('hello');
    expect(proxy.connections).toBe(1);
    expect(proxy.accepted).toBe(1);
  });

  it('passes the end of a connection on', async () => {
    const client = await open();
    expect(await ask(client, 'hello')).toBe('hello');

    client.end();
    await once(client, 'close');

    await eventually(() => proxy.connections === 0);
  });

  it('cut resets open connections and serves new ones', async () => {
    const client = await open();
    expect(await ask(client, 'hello')).toBe('hello');

    proxy.cut();
    const [error]: NodeJS.ErrnoException[] = await once(client, 'error');

    expect(error?.code).toBe('ECONNRESET');
    expect(await ask(await open(), 'again')).toBe('again');
  });

  it('hole swallows data for good, and heal lets later data pass', async () => {
    const client = await open();
    proxy.hole();
    client.write('lost');
    const answer = once(client, 'data');
    expect(await Promise.race([answer, nothing()])).toBe('nothing');

    proxy.heal();
    client.write('found');

    expect(String(await answer)).toBe('found');
  });

  it('mute swallows answers for good, and passes on what is asked', async () => {
    const heard: string[] = [];
    const connecting = once(echo, 'connection');
    const client = await open();
    const [server]: Socket[] = await connecting;
    server?.on('data', (chunk) => heard.push(String(chunk)));
    proxy.mute();
    client.write('unanswered');
    const answer = once(client, 'data');
    await eventually(() => heard.length === 1);
    expect(await Promise.race([answer, nothing()])).toBe('nothing');

    proxy.heal();
    client.write('answered');

    expect(String(await answer)).toBe('answered');
  });

  it('counts as round trips what is said after an answer', async () => {
    const client = await open();
    proxy.delay(50);
    client.write('one ');
    await ask(client, 'two');
    expect(proxy.roundTrips).toBe(1);
    await ask(client, 'three');

    expect(proxy.roundTrips).toBe(2);
  });

  it('forget swallows what chosen connections send, for good, and serves the others', async () => {
    const [one, two] = [await open(), await open()];
    await Promise.all([ask(one, 'hello'), ask(two, 'hello')]);
    proxy.forget((index) => index === 0);
    proxy.heal();

    const answer = ask(one, 'lost');
    expect(await ask(two, 'found')).toBe('found');
    expect(await ask(await open(), 'found')).toBe('found');
    expect(await Promise.race([answer, nothing()])).toBe('nothing');
  });

  it('hold keeps data until heal, and delivers all of it in order', async () => {
    const [one, two] = [await open(), await open()];
    await Promise.all([ask(one, 'hello'), ask(two, 'hello')]);
    proxy.hold((index) => index === 0);
    one.write('first ');
    one.write('second');
    expect(await ask(two, 'found')).toBe('found');
    const answer = once(one, 'data');
    expect(await Promise.race([answer, nothing()])).toBe('nothing');
    proxy.hold();
    const fresh = ask(await open(), 'held from the start');
    expect(await Promise.race([fresh, nothing()])).toBe('nothing');

    proxy.heal();

    expect(await fresh).toBe('held from the start');
    let heard = String(await answer);
    while (heard.length < 12) heard += String((await once(one, 'data'))[0]);
    expect(heard).toBe('first second');
  });

  it('delay holds data back in each direction and keeps their order', async () => {
    const client = await open();
    proxy.delay(50);
    const start = performance.now();

    expect(await ask(client, 'first')).toBe('first');
    expect(performance.now() - start).toBeGreaterThanOrEqual(95);

    client.write('one ');
    await sleep(5);
    proxy.delay(1);
    client.write('two');
    let heard = '';
    client.on('data', (chunk) => (heard += chunk.toString()));
    while (heard.length < 7) await once(client, 'data');
    expect(heard).toBe('one two');
  });

  it('heal lets what is late arrive at once', async () => {
    const client = await open();
    expect(await ask(client, 'hello')).toBe('hello');
    proxy.delay(60_000);
    const answer = ask(client, 'late');
    await sleep(20);

    proxy.heal();

    expect(await answer).toBe('late');
  });

  it('close refuses new connections', async () => {
    const { port } = proxy;
    await proxy.close();

    const [error]: NodeJS.ErrnoException[] = await once(connect(port, '127.0.0.1'), 'error');
    expect(error?.code).toBe('ECONNREFUSED');

    proxy = await TcpProxy.start((echo.address() as AddressInfo).port);
  });
});
