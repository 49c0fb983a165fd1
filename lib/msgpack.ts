export { MsgpackCodec } from './codecs/msgpack.codec.js';
