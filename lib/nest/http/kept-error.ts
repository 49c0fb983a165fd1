import {
  GoneException,
  HttpException,
  MethodNotAllowedException,
  NotFoundException,
  NotImplementedException,
} from '@nestjs/common';

/** Nest's own classes, for the filters that catch one of them. */
const CLASSES: Readonly<Record<number, new (response: object) => HttpException>> = {
  404: NotFoundException,
  405: MethodNotAllowedException,
  410: GoneException,
  501: NotImplementedException,
};

/** What an exception answers, as it is kept; `undefined` where it is no data. */
export function errorText(error: HttpException): string | undefined {
  try {
    return JSON.stringify(error.getResponse());
  } catch {
    return undefined;
  }
}

/** An exception that answers what the one did that was kept. */
export function errorOf(status: number, text: string): HttpException {
  const response: unknown = JSON.parse(text);
  if (typeof response !== 'object' || response === null) {
    return new HttpException(String(response), status);
  }
  const ErrorClass = CLASSES[status];
  return ErrorClass === undefined
    ? new HttpException(response as Record<string, unknown>, status)
    : new ErrorClass(response);
}
