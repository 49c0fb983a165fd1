import { describe, expect, it } from '@jest/globals';
import { RedisScript } from '../../../lib/backends/redis/redis-script.js';
import { sendBehind } from '../../../lib/bus/redis/send-behind.js';
import { failureOf } from '../../backends/redis/helpers.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('sendBehind', () => {
  it('sends at once, and once, where the work before it has been answered when the answer comes', async () => {
    let sent = 0;
    const work = nextTurn();
    const answer = await sendBehind(work, async () => {
      sent++;
      await nextTurn();
      return sent;
    });

    expect(answer).toBe(1);
  });

  it('takes an answer for later that needs some steps to reach who waits for it', async () => {
    let sent = 0;
    const turn = nextTurn();
    const work = (async () => {
      await turn;
      for (let step = 0; step < 20; step++) await Promise.resolve();
    })();
    await sendBehind(work, async () => {
      sent++;
      await turn;
    });

    expect(sent).toBe(1);
  });

  it('sends again where the work was carried out later', async () => {
    const order: string[] = [];
    const work = nextTurn()
      .then(nextTurn)
      .then(() => order.push('work'));
    await sendBehind(work, async () => {
      order.push('sent');
    });

    expect(order).toEqual(['sent', 'work', 'sent']);
  });

  it('sends again where a script went out twice, though both answers came in one breath', async () => {
    const order: string[] = [];
    const script = new RedisScript('a name', 'return 1');
    const answer = nextTurn().then(nextTurn);
    const client = {
      callBuffer: async (command: string): Promise<void> => {
        if (command === 'EVALSHA') throw new Error('NOSCRIPT No matching script.');
        await answer;
      },
    };
    script.run(client, [], []).catch(() => undefined);
    await nextTurn();
    const work = script.run(client, [], []).then(() => order.push('work'));
    await sendBehind(work, async () => {
      await answer;
      order.push('sent');
    });

    expect(order).toEqual(['sent', 'work', 'sent']);
  });

  it('fails with the work, and with what is sent', async () => {
    const [early, late] = [new Error('work'), new Error('send')];
    expect(await failureOf(sendBehind(Promise.reject(early), async () => 1))).toBe(early);
    const failing = sendBehind(Promise.reject(early), () => Promise.reject(late));

    expect(await failureOf(failing)).toBe(late);
  });
});
