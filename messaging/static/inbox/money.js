// Small amounts in words: an answer costs hundredths of a cent.
const SMALLEST = 0.0001;

function rounded(value) {
  return value >= 1 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
}

export function priceWords(dollars) {
  if (typeof dollars !== "number") return "not known";
  const cents = dollars * 100;
  if (cents === 0) return "nothing";
  if (cents < SMALLEST) return `less than ${SMALLEST} ¢`;
  return cents < 99.95 ? `${rounded(cents)} ¢` : `$${dollars.toFixed(2)}`;
}
