import 'reflect-metadata';
import { startRecipe } from '../start-recipe.js';
import { ShopModule } from './shop.module.js';
import { startPrices } from './start-prices.js';

await startRecipe('The shop', ShopModule, startPrices);
