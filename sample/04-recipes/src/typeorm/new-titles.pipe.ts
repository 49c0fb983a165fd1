import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import { isText } from '../text.pipe.js';
import type { NewTitle } from './book-views.js';

@Injectable()
export class NewTitlesPipe implements PipeTransform<unknown, readonly NewTitle[]> {
  transform(value: unknown): readonly NewTitle[] {
    if (!Array.isArray(value) || !value.every(isNewTitle)) {
      throw new BadRequestException('The body is a list of { "id": 1, "title": "…" }');
    }
    return value.map(({ id, title }) => ({ id, title }));
  }
}

function isNewTitle(value: unknown): value is NewTitle {
  if (typeof value !== 'object' || value === null) return false;
  const { id, title } = value as Partial<Record<keyof NewTitle, unknown>>;
  return Number.isSafeInteger(id) && isText(title);
}
