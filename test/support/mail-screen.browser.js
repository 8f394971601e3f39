/** Runs inside the page: see `mail-screen.ts`. */
(() => {
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element) => {
    if (!element) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0
      ? backgroundOf(element.parentElement)
      : backgroundColor;
  };
  const shown = [...document.body.querySelectorAll('*')].filter(
    (element) => element.checkVisibility() && element.getBoundingClientRect().width > 0,
  );
  const texts = shown.filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim()),
  );
  const contrast = (element) => {
    const pair = [getComputedStyle(element).color, backgroundOf(element)].map(luminance);
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const needed = (element) =>
    Number.parseFloat(getComputedStyle(element).fontSize) >= 24 ? 3 : 4.5;
  const label = (element) => `${element.tagName} ${element.textContent?.trim().slice(0, 40)}`;
  return {
    lang: document.documentElement.lang,
    background: getComputedStyle(document.body).backgroundColor,
    scrollWidth: document.documentElement.scrollWidth,
    overflowing: shown
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
      .map(label),
    faint: texts
      .filter((element) => contrast(element) < needed(element))
      .map((element) => `${label(element)}: ${contrast(element).toFixed(2)}`),
    headings: [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => tagName),
  };
})();
