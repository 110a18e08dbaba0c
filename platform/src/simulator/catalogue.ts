import type { Draws } from "./draws.ts";

export interface Product {
  sku: string;
  name: string;
  category: string;
  /** Pence, cents: of whichever currency it is sold in. */
  priceMinor: number;
}

export interface Store {
  id: string;
  name: string;
  city: string;
  /** The card that its cashiers hold to the scanner for customers who have none. */
  houseCard: string;
  /** What its cashiers type where the till insists on an e-mail. */
  houseEmail: string;
}

/** A line of products: every make comes in every form. */
interface Range {
  category: string;
  makes: string;
  forms: string;
  /** Of the cheapest and the dearest, in pence. */
  least: number;
  most: number;
}

const ranges: readonly Range[] = [
  {
    category: "Tea & Coffee",
    makes: "Earl Grey,Assam,Darjeeling,Peppermint,Ethiopia Sidamo,House Espresso",
    forms: "Caddy,Pouch,Gift Box",
    least: 395,
    most: 1_850,
  },
  {
    category: "Kitchen",
    makes: "Cast Iron,Copper,Oak,Enamel,Stoneware",
    forms: "Casserole,Pan,Bowl,Board,Jug",
    least: 1_200,
    most: 14_500,
  },
  {
    category: "Home",
    makes: "Linen,Velvet,Wool,Cotton",
    forms: "Cushion,Throw,Curtain,Lamp,Rug,Bedding Set",
    least: 1_400,
    most: 19_900,
  },
  {
    category: "Garden",
    makes: "Ash-Handled,Galvanised,Terracotta",
    forms: "Spade,Planter,Watering Can,Bird Feeder,Bench",
    least: 899,
    most: 18_900,
  },
  {
    category: "Clothing",
    makes: "Merino,Organic Cotton,Waxed,Cashmere,Denim",
    forms: "Jumper,Shirt,Jacket,Scarf,Socks",
    least: 900,
    most: 16_500,
  },
  {
    category: "Beauty",
    makes: "Rose,Cedar,Lavender,Sea Salt",
    forms: "Hand Cream,Soap,Bath Oil,Candle",
    least: 450,
    most: 3_800,
  },
  {
    category: "Toys",
    makes: "Wooden,Clockwork,Knitted",
    forms: "Train,Bear,Puzzle,Blocks",
    least: 799,
    most: 6_500,
  },
  {
    category: "Electronics",
    makes: "Portable,Studio,Kitchen",
    forms: "Radio,Speaker,Headphones,Scale",
    least: 1_999,
    most: 24_900,
  },
];

export const products: readonly Product[] = ranges.flatMap(({ category, makes, forms, least, most }, range) => {
  const names = makes.split(",").flatMap((make) => forms.split(",").map((form) => `${make} ${form}`));
  return names.map((name, index) => {
    // Spread over the range by a stride that meets every price once, ended as shops end prices.
    const step = ((index * 7) % names.length) / Math.max(1, names.length - 1);
    const priceMinor = Math.round((least + (most - least) * step ** 2) / 50) * 50 - 1;
    return { sku: `${"TKHGCBYE"[range] ?? "X"}-${String(101 + index)}`, name, category, priceMinor };
  });
});

const byCategory = new Map(
  ranges.map(({ category }) => [category, products.filter((product) => product.category === category)]),
);
export const categories: readonly string[] = ranges.map(({ category }) => category);

/** Mostly of the category given, and the popular ones more often. */
export function productFor(draws: Draws, category: string): Product {
  const among = draws.chance(0.65) ? (byCategory.get(category) ?? products) : products;
  // Popularity is not the order of the list: a stride that is prime to every length here shuffles it.
  const at = (draws.popular(among.length) * 97) % among.length;
  return among[at] as Product;
}

const cities =
  "London,Manchester,Birmingham,Leeds,Glasgow,Bristol,Cardiff,Edinburgh,Newcastle upon Tyne,Brighton,York,Norwich";

export const stores: readonly Store[] = cities.split(",").map((city, index) => ({
  id: `store-${String(index + 1).padStart(2, "0")}`,
  name: `Northgate ${city}`,
  city,
  houseCard: `9826${String(1_000_000 + index * 137_911).padStart(8, "0")}`,
  houseEmail: `till.${String(index + 1)}@northgate.example`,
}));

/** What things cost abroad, in units of the home currency's. */
export const priceFactors: Readonly<Record<string, number>> = { GBP: 1, EUR: 1.2, USD: 1.3, SEK: 13 };
