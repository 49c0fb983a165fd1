// node --import ./test/coherence/typescript.mjs file.ts: runs the sources as they are, the library's too.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
