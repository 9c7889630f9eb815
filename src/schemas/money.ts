/** Money on the wire: whole minor units beside the currency, never a decimal fraction. */
import Type from "typebox";

const amountMinor = (minimum: number) =>
  Type.Integer({
    minimum,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "Whole minor units of the currency, such as cents",
    examples: [2750],
  });

/** The active codes of ISO 4217 (SIX Group, list one) without metals, units of account, testing and "no currency". */
export const CURRENCIES: readonly string[] = (
  "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
  "CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL " +
  "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA " +
  "MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD " +
  "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD " +
  "USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
).split(" ");

export const Currency = Type.Unsafe<string>({
  type: "string",
  enum: CURRENCIES,
  description: "An active ISO 4217 currency code in upper case",
  examples: ["EUR"],
});

/** An amount that somebody paid or got back: never zero. */
export const PaidAmountMinor = amountMinor(1);

export const Money = Type.Object(
  { amountMinor: amountMinor(0), currency: Currency },
  { additionalProperties: false, description: "An amount of money in whole minor units" },
);

export const PaidMoney = Type.Object(
  { amountMinor: PaidAmountMinor, currency: Currency },
  { additionalProperties: false, description: "An amount of money that moved" },
);
