import {
  BadRequestException,
  Injectable,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';

const LONGEST = 200;

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST;
}

/** A part of what a client has sent that has to be a text, and not an empty one. */
@Injectable()
export class TextPipe implements PipeTransform<unknown, string> {
  transform(value: unknown, { data }: ArgumentMetadata): string {
    if (!isText(value)) {
      throw new BadRequestException(`"${data}" is a text of 1 to ${LONGEST} characters`);
    }
    return value;
  }
}
