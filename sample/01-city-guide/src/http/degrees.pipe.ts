import { BadRequestException, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

/** A latitude or longitude in plain decimals, such as 48.8566 or -3. */
export class DegreesPipe implements PipeTransform<unknown, number> {
  /** @param limit degrees on either side of zero: 90 for a latitude, 180 for a longitude */
  constructor(private readonly limit: number) {}

  transform(value: unknown, { data: name = 'value' }: ArgumentMetadata): number {
    const number =
      typeof value === 'string' && /^-?\d{1,3}(\.\d{1,20})?$/.test(value) ? Number(value) : NaN;
    if (!(Math.abs(number) <= this.limit)) {
      throw new BadRequestException(
        `"${name}" must be a number of degrees from -${this.limit} to ${this.limit}, such as 48.8566`,
      );
    }
    return number;
  }
}
