import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { startAnswerApp } from './support/answer-app.js';
import { HttpServers } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

describe('an option that answers later', () => {
  it.each(['key', 'principal', 'tags'] as const)(
    'is refused, and its failure is nobody’s: %s',
    async (name) => {
      const later = new Promise(() => undefined);
      const heard = jest.spyOn(later, 'then');
      const options = { private: name === 'principal', [name]: () => later };
      const app = await startAnswerApp(servers, 'express', options);
      expect((await app.get('/answer')).status).toBe(500);
      expect(heard).toHaveBeenCalled();
      expect(app.runs).toBe(0);
    },
  );
});
