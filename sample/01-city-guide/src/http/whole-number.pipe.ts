import { BadRequestException, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

export interface WholeNumberRange {
  readonly min: number;
  readonly max: number;
  /** What an absent parameter means; without it, the parameter is required. */
  readonly default?: number;
}

/** A whole number in plain digits: no sign, no fraction, no exponent. */
export class WholeNumberPipe implements PipeTransform<unknown, number> {
  constructor(private readonly range: WholeNumberRange) {}

  transform(value: unknown, { data: name = 'value' }: ArgumentMetadata): number {
    const { min, max, default: fallback } = this.range;
    if (value === undefined && fallback !== undefined) return fallback;
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) {
      throw new BadRequestException(`"${name}" must be a whole number from ${min} to ${max}`);
    }
    return number;
  }
}
