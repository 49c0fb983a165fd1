import { BadRequestException, type PipeTransform } from '@nestjs/common';

/** Two letters, answered in capitals. */
export class CountryCodePipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value !== 'string' || !/^[a-z]{2}$/i.test(value)) {
      throw new BadRequestException('A country code is two letters, such as FR');
    }
    return value.toUpperCase();
  }
}
