import { checkedKeys } from '../checked-key.js';
import type { WorkerSettings } from '../worker/messages.js';
import { NaiveSubject } from './naive-subject.js';
import type { Subject } from './subject.js';

/** The cache of an instance. What only one of them needs is imported for that one alone. */
export async function makeSubject(settings: WorkerSettings): Promise<Subject> {
  const keys = checkedKeys(settings.keys);
  if (settings.subject === 'naive') return new NaiveSubject(settings.url, keys);
  const { TieredSubject } = await import('./tiered-subject.js');
  if (settings.without !== undefined) {
    const { ablate } = await import('./ablate.js');
    ablate(settings.without);
  }
  return new TieredSubject(settings, keys);
}
