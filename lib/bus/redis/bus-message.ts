import { types } from 'node:util';
import type { Invalidation, InvalidationScope } from '../../contract/invalidation-bus.js';
import { checkScope } from '../check-scope.js';

/** An invalidation with its place in the stream of Redis. */
export interface LoggedInvalidation extends Invalidation {
  readonly id: string;
}

/** Where an entry of the stream stands. */
export interface EntryPlace {
  readonly id: string;
  /** `undefined` when the entry does not say; the same with `position`. */
  readonly epoch: number | undefined;
  readonly position: number | undefined;
}

const VERSION = 1;
const MESSAGE = /^(\d{1,16}) (\d{1,16}) (\d+-\d+) (\S+) (.*)$/s;

/** The payload of an invalidation, in the log and in messages. */
export function encodePayload({ keys, tags, patterns, all, push }: InvalidationScope): string {
  return JSON.stringify({ v: VERSION, keys, tags, patterns, all, push });
}

/** A message `epoch position id origin payload`; `undefined` when it is none that can be understood. */
export function decodeMessage(text: string): LoggedInvalidation | undefined {
  const [, epoch, position, id, origin, payload] = MESSAGE.exec(text) ?? [];
  return toInvalidation({ epoch, position, id, origin, payload });
}

/** An entry `[id, [field, value, …]]` of the stream; `undefined` when it is none that can be understood. */
export function decodeEntry(entry: unknown): LoggedInvalidation | undefined {
  const { id, fields } = takeApart(entry);
  const [epoch, position, origin, payload] = ['e', 'n', 'o', 'p'].map((name) => fields.get(name));
  return toInvalidation({ epoch, position, id, origin, payload });
}

/** Where an entry stands, whatever it says; `undefined` when there is none. */
export function entryPlace(entry: unknown): EntryPlace | undefined {
  const { id, fields } = takeApart(entry);
  if (id === undefined) return undefined;
  return { id, epoch: toNumber(fields.get('e')), position: toNumber(fields.get('n')) };
}

/** A whole number as Redis gives it; `undefined` when it is none. */
export function toNumber(value: unknown): number | undefined {
  const text = toText(value);
  const number = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

/** Text as Redis gives it: bytes, or a number where a client was told to give numbers. */
export function toText(value: unknown): string {
  if (types.isUint8Array(value)) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

interface TakenApart {
  readonly id: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
}

function takeApart(entry: unknown): TakenApart {
  const [id, list]: readonly unknown[] = Array.isArray(entry) ? entry : [];
  const fields = new Map<string, string>();
  if (id === undefined || !Array.isArray(list)) return { id: undefined, fields };
  for (let at = 0; at + 1 < list.length; at += 2) {
    fields.set(toText(list[at]), toText(list[at + 1]));
  }
  return { id: toText(id), fields };
}

type Parts = Readonly<
  Record<'epoch' | 'position' | 'id' | 'origin' | 'payload', string | undefined>
>;

function toInvalidation(parts: Parts): LoggedInvalidation | undefined {
  const { id, origin, payload } = parts;
  const epoch = toNumber(parts.epoch);
  const position = toNumber(parts.position);
  if (epoch === undefined || position === undefined) return undefined;
  if (id === undefined || origin === undefined || payload === undefined) return undefined;
  const scope = decodePayload(payload);
  // Ids begin with the time of the server.
  const [time] = id.split('-');
  return scope && { stamp: { epoch, position }, id, origin, scope, time: Number(time) };
}

/** Whatever is not wholly understood is refused: it may void more than the part that is. */
function decodePayload(text: string): InvalidationScope | undefined {
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { v, keys, tags, patterns, all, push, ...rest } = payload as Readonly<
    Record<string, unknown>
  >;
  if (v !== VERSION || Object.keys(rest).length > 0) return undefined;
  if (!isTextList(keys) || !isTextList(tags) || !isTextList(patterns)) return undefined;
  if (!isTrueOrAbsent(all) || !isTrueOrAbsent(push)) return undefined;
  const scope: InvalidationScope = {
    ...(keys && { keys }),
    ...(tags && { tags }),
    ...(patterns && { patterns }),
    ...(all && { all }),
    ...(push && { push }),
  };
  return isMeaningful(scope) ? scope : undefined;
}

function isMeaningful(scope: InvalidationScope): boolean {
  try {
    checkScope(scope);
    return true;
  } catch {
    return false;
  }
}

function isTextList(value: unknown): value is readonly string[] | undefined {
  if (value === undefined) return true;
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTrueOrAbsent(value: unknown): value is true | undefined {
  return value === undefined || value === true;
}
