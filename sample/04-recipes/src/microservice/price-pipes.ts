import { Injectable, type PipeTransform } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import type { Price } from './price-list.js';

const PRODUCT = /^[a-z][a-z0-9-]{0,63}$/;

export function isProduct(value: unknown): value is string {
  return typeof value === 'string' && PRODUCT.test(value);
}

export function isEuros(value: unknown): value is number {
  return Number.isFinite(value) && Number(value) >= 0;
}

/** What comes over the network is anything, until it has been looked at: it is to be part of a key. */
@Injectable()
export class ProductPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (!isProduct(value)) throw new RpcException('The payload is no product');
    return value;
  }
}

@Injectable()
export class PricePipe implements PipeTransform<unknown, Price> {
  transform(value: unknown): Price {
    const { product, euros } = (value ?? {}) as Partial<Record<keyof Price, unknown>>;
    if (!isProduct(product) || !isEuros(euros)) throw new RpcException('The payload is no price');
    return { product, euros };
  }
}
