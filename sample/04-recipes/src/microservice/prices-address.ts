import { Transport, type TcpOptions } from '@nestjs/microservices';
import { portSetting } from '../port-setting.js';

/** Where the microservice listens: on the loopback address, at PRICES_PORT. */
export function pricesAddress() {
  return {
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: portSetting('PRICES_PORT', 3001) },
  } satisfies TcpOptions;
}
