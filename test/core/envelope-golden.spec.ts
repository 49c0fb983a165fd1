import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import { decodeEnvelope, encodeEnvelope } from '../../lib/core/stored/envelope.js';
import { entries, isSameEnvelope } from '../fixtures/envelopes/entries.js';

type Golden = Readonly<Record<string, Readonly<Record<string, string>>>>;

const file = join(import.meta.dirname, '../fixtures/envelopes/v1.json');
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;

describe.each([new JsonCodec(), new MsgpackCodec()])(
  'the stored form of $name, format 1',
  (codec) => {
    const payloads = golden[codec.name] ?? {};

    it('has a golden payload for every entry', () => {
      expect(Object.keys(payloads)).toEqual(Object.keys(entries));
    });

    it.each(Object.entries(entries))('is read: %s', (name, entry) => {
      const bytes = Buffer.from(payloads[name] ?? '', 'hex');
      expect(isSameEnvelope(decodeEnvelope(bytes, codec), entry)).toBe(true);
    });

    it.each(Object.entries(entries))('is written: %s', (name, entry) => {
      expect(Buffer.from(encodeEnvelope(entry, codec)).toString('hex')).toBe(payloads[name]);
    });
  },
);
