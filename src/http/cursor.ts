/**
 * The cursor of a listing: the place of the last order, sealed with a key and bound to the filters it was issued
 * for. A client cannot read meaning into it, change it, or carry it over to another listing.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { PageKey } from "../actors/order-reader.ts";
import { isOrderId } from "../schemas/order-id.ts";
import { Problem } from "./problems.ts";

/** The filters of a listing; the page size may change from page to page. */
export interface CursorFilters {
  readonly status?: string;
  readonly customerEmail?: string;
}

export interface CursorSeal {
  seal(place: PageKey, filters: CursorFilters): string;
  /** @throws Problem `invalid_cursor` for anything that `seal` did not make for these filters. */
  open(cursor: string, filters: CursorFilters): PageKey;
}

const SEAL_BYTES = 16;

/** Seals with HMAC-SHA256 under `key`, cut to 128 bits. Processes that share a listing share the key. */
export function createCursorSeal(key: Uint8Array): CursorSeal {
  const sealOf = (place: Buffer, { status, customerEmail }: CursorFilters): Buffer =>
    createHmac("sha256", key)
      .update(JSON.stringify([status ?? null, customerEmail ?? null]))
      .update("\n")
      .update(place)
      .digest()
      .subarray(0, SEAL_BYTES);

  return {
    seal({ receivedAtMs, orderId }, filters) {
      const place = Buffer.from(`${receivedAtMs}/${orderId}`);
      return Buffer.concat([sealOf(place, filters), place]).toString("base64url");
    },
    open(cursor, filters) {
      const bytes = Buffer.from(cursor, "base64url");
      const place = bytes.subarray(SEAL_BYTES);
      // Decoding skips what is not base64url, so only the exact spelling counts.
      const genuine =
        bytes.length > SEAL_BYTES &&
        bytes.toString("base64url") === cursor &&
        timingSafeEqual(bytes.subarray(0, SEAL_BYTES), sealOf(place, filters));
      const [receivedAt = "", orderId = ""] = place.toString().split("/");
      if (!genuine || !isOrderId(orderId)) {
        throw new Problem("invalid_cursor", "Pass `next` of the page before, unchanged and with the same filters.");
      }
      return { receivedAtMs: Number(receivedAt), orderId };
    },
  };
}
