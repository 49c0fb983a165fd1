/**
 * Turns values into bytes and back. What `decode` returns must equal what `encode` was given; a value for
 * which that cannot be promised is refused.
 *
 * @publicApi
 */
export interface Codec {
  /** For messages and stats, such as `json`. */
  readonly name: string;
  /**
   * Stored with every value, so that bytes of another codec are noticed. 0 to 127 belong to this library,
   * 128 to 255 to its users.
   */
  readonly id: number;
  /** @throws SerializationError when the value would not come back as it is */
  encode(value: unknown): Uint8Array;
  /** @throws UndecodableError, or anything else, when the bytes are not this codec's */
  decode(bytes: Uint8Array): unknown;
}
