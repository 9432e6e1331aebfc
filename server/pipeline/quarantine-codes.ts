/** Every reason a record is quarantined for, with what to do. Codes are stable: people filter and script by them. */
export const QUARANTINE_CODES = {
  record_too_large:
    "The record is larger than the limit. Raise CONCORDANCE_RECORD_BYTES_MAX, or have the producer split it.",
  bad_utf8: "The bytes are not UTF-8. Have the producer write UTF-8.",
  bad_json: "The text is not JSON. Have the producer send one whole JSON object.",
  bad_csv: "The line is not a record of the mapping's columns. Check delimiter, quotes and columns.",
  not_an_object: "The JSON is not an object. Have the producer send one object per record.",
  nesting_too_deep: "The JSON is nested too deep. Have the producer send a flat event.",
  unexpected_record: "The record is of another kind than the mapping reads. Check the mapping's `where`.",
  missing_transaction_id: "No transaction id. Map transaction_id to a field that always has one.",
  missing_user_id: "No originator. Map user_id to a field that always has one, or fix the producer.",
  missing_beneficiary: "Neither merchant nor counterparty. Map merchant_id or counterparty_id.",
  missing_signal_id: "No fraud signal id. Map fraud_signal_id.",
  unknown_payment_type: "The payment type is not one of the nine. Add it to the mapping's value map.",
  unknown_status: "The status is not one of the nine. Add it to the mapping's value map.",
  unmapped_value: "A value map has no entry for this value. Add the entry, or an `otherwise`.",
  missing_amount: "No amount. Map it, or state `amount: none` where the source carries none.",
  bad_amount: "The amount is not a number. Check the mapping's amount.",
  amount_not_exact:
    "The amount has more decimal places than its currency, or lost digits as a JSON number. Set an exponent, or send text.",
  amount_out_of_range: "The amount does not fit 64 bits of minor units.",
  card_number_in_amount:
    "The amount reads as a card number: 15 to 19 digits before any point, a card scheme's first digit and the right check digit. Check which field the mapping's amount is read from.",
  missing_currency: "No currency. Map it or state a constant.",
  unknown_currency: "Not a currency of ISO 4217. Correct it, or give the mapping an exponent for it.",
  negative_amount: "Negative, and this status may not be. State it in the mapping's `negative`.",
  bad_score: "The fraud score is not a number from 0 to 1 after scaling. Check the mapping's scale.",
  missing_event_time: "No event time. Map event_time.",
  bad_event_time: "The event time is not of the mapping's format.",
  impossible_time: "Before 1970 or more than a day ahead. Check the producer's clock and the mapping's unit.",
  bad_card_number: "The card number is not 13 to 19 digits with a valid check digit.",
  bad_number: "A number field is not a whole number.",
  bad_text: "A text holds a NUL, a lone surrogate, or is longer than 1,024 characters.",
} as const;

export type QuarantineCode = keyof typeof QUARANTINE_CODES;
