import { drawsAt } from "./seededDraws.ts";

export const productCount = 2_000;
export const visitCount = 256;
/** Draws of products and visits start far from those of events, whose ordinals are small. */
const productOrdinals = 2 ** 40;
const visitOrdinals = 2 ** 41;

export interface Product {
  priceCents: number;
  url: string;
  title: string;
  /** Fields of a `Product Viewed`, as JSON without braces; of an order's line likewise. */
  fields: string;
  lineFields: string;
}

const categories = ["Kitchen", "Garden", "Toys", "Stationery", "Lighting", "Textiles", "Candles", "Christmas"];
const adjectives = ["Red", "White", "Vintage", "Wooden", "Enamel", "Striped", "Small", "Large", "Hanging", "Folding"];
const things = ["Heart Holder", "Lantern", "Tea Set", "Lunch Box", "Cake Stand", "Bunting", "Clock", "Doormat"];

/** What the shop sells, written out once: events are put together from these pieces. */
export function catalogue(seed: number): Product[] {
  return Array.from({ length: productCount }, (_, index) => {
    const draws = drawsAt(seed, productOrdinals + index);
    const pick = (list: readonly string[]): string => list[draws.below(list.length)] as string;
    const sku = `SKU-${String(index).padStart(5, "0")}`;
    const name = `${pick(adjectives)} ${pick(adjectives)} ${pick(things)}`;
    const category = pick(categories);
    const priceCents = 95 + draws.below(9_900);
    const price = (priceCents / 100).toFixed(2);
    const slug = name.toLowerCase().replaceAll(" ", "-");
    const url = `https://shop.example/${category.toLowerCase()}/${slug}-${index}`;
    const lineFields = `"product_id":"p-${index}","sku":"${sku}","name":"${name}","category":"${category}","price":${price}`;
    return {
      priceCents,
      url,
      title: `${name} | The Shop`,
      lineFields,
      fields: `${lineFields},"brand":"House of ${pick(things)}","variant":"${pick(adjectives)}","currency":"GBP","url":"${url}","image_url":"https://images.shop.example/${sku}/large.jpg"`,
    };
  });
}

/** What browsers say about themselves in `context`, as JSON. */
export function visits(seed: number): string[] {
  return Array.from({ length: visitCount }, (_, index) => {
    const draws = drawsAt(seed, visitOrdinals + index);
    const version = 120 + draws.below(30);
    const path = `/${(categories[index % categories.length] as string).toLowerCase()}`;
    return JSON.stringify({
      ip: `192.0.2.${index}`,
      userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`,
      locale: "en-GB",
      timezone: "Europe/London",
      library: { name: "analytics.js", version: "npm:next-1.84.3" },
      page: {
        path,
        referrer: "https://search.example/",
        search: "",
        title: "The Shop",
        url: `https://shop.example${path}`,
      },
      screen: { width: 1280 + draws.below(3) * 320, height: 900, density: 2 },
      campaign: { name: `autumn-${index % 5}`, source: "newsletter", medium: "email" },
    });
  });
}
