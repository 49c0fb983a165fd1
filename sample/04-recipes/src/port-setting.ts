/** A setting that is to be corrected: its message is all that its user needs. */
export class SettingError extends Error {}

/** A port of the environment, such as PORT. @throws SettingError when it is none */
export function portSetting(name: string, otherwise: number): number {
  const text = process.env[name]?.trim() || String(otherwise);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new SettingError(
      `${name} is a whole number from 0 to 65535; got ${JSON.stringify(text)}`,
    );
  }
  return port;
}
