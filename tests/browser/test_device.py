"""The watch over the pages: what it must never hear, it would hear."""

from tests.browser.device import Device


def test_whatever_no_page_may_do_would_be_seen(device: Device) -> None:
    window = device.window()
    window.route("https://elsewhere.test/", lambda route: route.fulfill(body=""))
    page = device.page("/en/")

    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("localStorage.setItem('a', 'b')")
    page.evaluate("setTimeout(() => { throw new Error('a bug') })")
    window.new_page().goto("https://elsewhere.test/")
    page.wait_for_timeout(200)
    device.close(page)

    heard, device.wrong = " ".join(device.wrong), []
    for sign in ("Content Security Policy", "kept: [['a', 'b']]", "a bug", "a request to https://elsewhere.test/"):
        assert sign in heard
