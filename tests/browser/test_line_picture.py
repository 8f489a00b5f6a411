"""The pixels of parallel coordinates (static/js/line_picture.js) in a real browser, without a server."""

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

#: The module and what the tests say in its words: `lines` of random ways, `shown(lines)` drawn on a fresh picture.
_SET_UP = """async () => {
  const { columns, LinePicture } = await import("/js/line_picture.js");
  const [width, height] = [120, 60];
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const ramp = (goodness) => [0, Math.round(255 * goodness), 0];
  const fresh = () => {
    const picture = new LinePicture(document.createElement("canvas"));
    picture.resize(width, height, 1);
    picture.ground([10, 20, 30], [], [90, 90, 90]);
    picture.colours(ramp, [200, 0, 200]);
    return picture;
  };
  const pixels = (picture) => picture.canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const flat = (y, goodness) => ({ ys: new Float32Array(width).fill(y), goodness, alpha: 0.9, width: 4, dash: null });
  const lines = Array.from({ length: 60 }, (_, at) => ({
    ys: columns([[0, 60 * random()], [50, 60 * random()], [119, 60 * random()]], width),
    goodness: at % 9 ? random() : -1, alpha: at % 9 ? 0.9 : 0.8, width: 1.5, dash: at % 4 ? null : [5, 4],
  }));
  const drawn = (picture, lines, thin = 1, top = []) => { picture.draw(lines, thin, top); return pixels(picture); };
  const shown = (lines, thin, top) => drawn(fresh(), lines, thin, top);
  const at = (data, y) => [...data.slice(4 * (y * width + 60), 4 * (y * width + 60) + 3)];
  const differ = (one, other) => one.reduce((count, value, place) => count + (value !== other[place]), 0);
  Object.assign(window, { fresh, flat, lines, drawn, shown, at, differ });
}"""


@pytest.fixture
def page(module_page: Page) -> Page:
    module_page.evaluate(_SET_UP)
    return module_page


def test_lines_that_come_and_go_leave_exactly_what_stays(page: Page) -> None:
    """Pixel by pixel the picture that only the others make, whatever the order and how thin they are."""
    script = """() => {
      const picture = fresh();
      for (let gone = 0; gone < 40; gone += 3) drawn(picture, lines.filter((_, at) => at < gone || at > gone + 4));
      const left = lines.filter((_, at) => at % 7 !== 3);
      const after = drawn(picture, left, 0.4);
      return [differ(after, shown([...left].reverse(), 0.4)), differ(after, shown(lines, 0.4))];
    }"""
    wrong, other = page.evaluate(script)
    assert wrong == 0
    assert other > 100


def test_without_lines_there_is_the_ground(page: Page) -> None:
    """One after the other is taken away, the last one too."""
    script = """() => {
      const picture = fresh();
      for (let left = lines.length; left > 0; left--) drawn(picture, lines.slice(0, left));
      return differ(drawn(picture, []), shown([]));
    }"""
    assert page.evaluate(script) == 0


def test_the_ground_follows_the_lines_that_lie_on_it(page: Page) -> None:
    """Faint lines under the others come and go as exactly, and a picture drawn before is drawn on the new ground."""
    script = """() => {
      const [grounds, fill] = [[lines, lines.slice(0, 50), lines.slice(3)], [10, 20, 30]];
      const picture = fresh();
      for (const faint of grounds) picture.ground(fill, faint, [90, 90, 90]);
      const after = drawn(picture, lines.slice(0, 9));
      const other = fresh();
      other.ground(fill, grounds.at(-1), [90, 90, 90]);
      return [differ(after, drawn(other, lines.slice(0, 9))), differ(after, shown(lines.slice(0, 9)))];
    }"""
    wrong, other = page.evaluate(script)
    assert wrong == 0
    assert other > 100


def test_a_line_alone_has_its_colour(page: Page) -> None:
    """Nine tenths of it, of a thin one less, and on its edge half."""
    full, thin, edge, none = page.evaluate("""() => [
      at(shown([flat(30, 1)]), 30), at(shown([flat(30, 1)], 0.5), 30), at(shown([flat(30.5, 1)]), 28),
      at(shown([flat(30, -1)]), 30),
    ]""")
    assert full == pytest.approx([1, 231, 3], abs=3)
    assert thin == pytest.approx([5, 126, 16], abs=3)
    assert edge == pytest.approx([5, 126, 16], abs=3)
    assert none == pytest.approx([181, 2, 183], abs=3)


def test_the_better_of_two_lines_is_seen(page: Page) -> None:
    """Where they cross the colour is nearly that of the good one; the top one is over all."""
    script = """() => [at(shown([flat(30, 1), flat(30, 0.2)]), 30), at(shown([flat(30, 0.2)]), 30),
      at(shown([flat(30, 1)], 1, [{ ...flat(30, 1), rgb: [250, 0, 0] }]), 30)]"""
    both, bad, top = page.evaluate(script)
    assert bad[1] < 60
    assert both[1] > 240
    assert top[0] > 220


def test_thousands_of_good_lines_on_one_place_keep_their_colour(page: Page) -> None:
    """As the values of a list make them; the sums have room for many more."""
    script = "() => at(shown(Array.from({ length: 5000 }, () => flat(30, 1)), 0.3), 30)"
    assert page.evaluate(script) == [0, 255, 0]
