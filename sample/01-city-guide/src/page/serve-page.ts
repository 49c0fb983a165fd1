import type { ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';

/** Seen from src and from dist it is the same folder. */
const PUBLIC_FOLDER = resolve(import.meta.dirname, '../../public');

/** The page loads nothing from elsewhere, and runs no script but its own. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Serves the page at `/`, and the files that belong to it. */
export function servePage(app: NestExpressApplication): void {
  app.useStaticAssets(PUBLIC_FOLDER, {
    setHeaders: (response: ServerResponse) => {
      response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    },
  });
}
