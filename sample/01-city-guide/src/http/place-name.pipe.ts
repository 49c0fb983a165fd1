import { BadRequestException, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { searchName } from '../database/search-name.js';

const MAX_LENGTH = 80;

/** The beginning of a place's name, answered in the form in which names are compared. */
export class PlaceNamePipe implements PipeTransform<unknown, string> {
  transform(value: unknown, { data: name = 'value' }: ArgumentMetadata): string {
    if (typeof value !== 'string' || value.length > MAX_LENGTH) {
      throw new BadRequestException(
        `"${name}" must be the beginning of a name, once, in at most ${MAX_LENGTH} characters`,
      );
    }
    // Postgres has no text with a null character in it, and no name has any other control character.
    if (/\p{Cc}/u.test(value)) {
      throw new BadRequestException(`"${name}" must not contain control characters`);
    }
    const beginning = searchName(value);
    if (beginning === '') throw new BadRequestException(`"${name}" must not be empty`);
    return beginning;
  }
}
