/** A message with an answer: the price of a product, or `null`. Its payload is the product. */
export const FIND_PRICE = 'price.find';

/** An event, which has no answer: a product has another price. Its payload is a `Price`. */
export const PRICE_CHANGED = 'price.changed';
