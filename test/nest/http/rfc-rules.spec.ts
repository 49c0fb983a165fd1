import { afterAll, describe, expect, it } from '@jest/globals';
import { RFC_CASES } from './rfc-cases.js';
import { startAnswerApp } from './support/answer-app.js';
import { HttpServers, PLATFORMS } from './support/http-servers.js';

describe.each(PLATFORMS)('the rules of HTTP caching on %s', (platform) => {
  const servers = new HttpServers();
  afterAll(() => servers.closeAll());

  it.each(RFC_CASES)('$rule', async (rule) => {
    const { options, answer, later, first = {}, wait = 0, second = {}, method = 'GET' } = rule;
    const app = await startAnswerApp(servers, platform, options, answer);
    if (first !== false) await app.get('/answer', first);
    await app.clock.advance(wait);
    if (later !== undefined) app.answer = later;
    const response = await app.get('/answer', second, method);
    const headers = Object.fromEntries(
      Object.keys(rule.headers ?? {}).map((name) => [name, response.headers.get(name)]),
    );
    const body = rule.body === undefined ? undefined : response.body;
    expect({ status: response.status, runs: app.runs, headers, body }).toEqual({
      status: rule.status ?? 200,
      runs: rule.runs,
      headers: rule.headers ?? {},
      body: rule.body,
    });
  });
});
