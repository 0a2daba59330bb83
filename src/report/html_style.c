/*
 * Style and script. The script makes the headings of tables buttons that sort: by what `data-v`
 * says, else by the text; rows without a value go last. The policy names it by its hash, so that
 * nothing else can run, wherever it comes from; tests/e2e/test_reports.py says where the hash is
 * not that of the script.
 */
#include "config.h"

#include "report/html_parts.h"
#include "report/plot_parts.h"

#define SCRIPT                                                                                     \
    "for(const t of document.querySelectorAll('table'))"                                           \
    "[...t.tHead.rows[0].cells].forEach((h,i)=>{"                                                  \
    "h.tabIndex=0;h.setAttribute('aria-sort','none');"                                             \
    "const key=r=>{const c=r.cells[i];return c?c.dataset.v??c.textContent:''};"                    \
    "const sort=()=>{const up=h.ariaSort==='descending'?1:-1,b=t.tBodies[0];"                      \
    "for(const o of t.tHead.rows[0].cells)o.ariaSort='none';"                                      \
    "h.ariaSort=up>0?'ascending':'descending';"                                                    \
    "b.append(...[...b.rows].sort((x,y)=>{const p=key(x),q=key(y);"                                \
    "if(p===''||q==='')return(p==='')-(q==='');"                                                   \
    "const d=p-q;return up*(isNaN(d)?p.localeCompare(q):d)}))};"                                   \
    "h.onclick=sort;"                                                                              \
    "h.onkeydown=e=>{if(e.key==='Enter'||e.key===' '){e.preventDefault();sort()}}})"

#define SCRIPT_HASH "sha256-c0zKI5vjrEsYGGDYeZYcRYSCQSuXhLMPcKYWzacsrks="

void html_policy(struct html *html)
{
    markup_put(&html->markup,
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'; script-src '" SCRIPT_HASH "'\">\n");
}

void html_script(struct html *html)
{
    markup_put(&html->markup, "<script>" SCRIPT "</script>\n");
}

/* The colours of the plot are those of the page. */
static void put_colors(struct html *html)
{
    struct plot plot = {.markup = html->markup};
    plot_style(&plot);
    html->markup = plot.markup;
    markup_put(&html->markup,
               ":root{--heat:218,54,51;--bad:#c5221f;--good:#1a7f37}\n"
               "@media (prefers-color-scheme:dark){:root{--bad:#ff7b72;--good:#3fb950}}\n");
    for (int i = 1; i <= 6; i++)
        markup_printf(&html->markup,
                      ".h%d>td:nth-child(-n+5){background:rgba(var(--heat),.%02d)}\n", i, i * 9);
}

void html_style(struct html *html)
{
    put_colors(html);
    markup_put(
        &html->markup,
        "*{box-sizing:border-box}\n"
        "body{margin:0 auto;padding:1rem;max-width:80rem;background:var(--paper);"
        "color:var(--ink);font:1rem/1.5 system-ui,sans-serif}\n"
        "h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}\n"
        "h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"
        "h3{font-size:1rem;margin:0;overflow-wrap:anywhere}a{color:var(--c0)}\n"
        "svg{display:block;width:100%;height:auto}.narrow{display:none}\n"
        ".verdict{font-size:1.2rem;font-weight:600;margin:.75rem 0}\n"
        ".bad{color:var(--bad)}.good{color:var(--good)}\n"
        ".facts{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0}\n"
        "dt{color:var(--faint);font-size:.8rem}dd{margin:0;font-variant-numeric:tabular-nums}\n"
        ".leak{border:1px solid var(--grid);border-left:4px solid var(--bad);padding:.75rem;"
        "margin:.75rem 0;border-radius:4px}.leak p{margin:.25rem 0}\n"
        "#suspects{margin-top:1rem}.words,.words code{white-space:normal;min-width:12rem;"
        "overflow-wrap:anywhere}\n"
        ".holders{margin:0 0 .25rem;padding-left:1.25rem}\n"
        "pre{margin:.25rem 0;overflow-x:auto}\n"
        "code{font:.85em/1.4 ui-monospace,monospace;white-space:pre;tab-size:4}\n"
        "p code,li code{white-space:pre-wrap;overflow-wrap:anywhere}\n"
        ".scroll{overflow-x:auto}summary{cursor:pointer;padding:.25rem 0;overflow-wrap:anywhere}\n"
        "table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}\n"
        "th,td{padding:.2rem .6rem;border-bottom:1px solid var(--grid);text-align:right;"
        "white-space:nowrap}\n"
        "th{color:var(--faint);font-weight:600}th[tabindex]{cursor:pointer}\n"
        "th[aria-sort=ascending]::after{content:' \\2191'}"
        "th[aria-sort=descending]::after{content:' \\2193'}\n"
        "#leaks td:first-child,#leaks th:first-child,#suspects td:first-child,"
        "#suspects th:first-child,#lines td:first-child,"
        "#lines th:first-child,#lines th:last-child,.text{text-align:left}\n"
        ".source{width:100%}.source td{border:0;padding:0 .6rem}"
        ".source th:last-child,.source td:last-child{width:100%}\n"
        ".gap td{color:var(--faint);text-align:left;font-style:italic}\n"
        "#source tr:target td{outline:1px solid var(--c0)}\n"
        "footer,.note{color:var(--faint);font-size:.875rem;overflow-wrap:anywhere}"
        "footer{margin-top:2rem}\n"
        "@media (max-width:40rem){.wide{display:none}.narrow{display:block}"
        "body{padding:.75rem}th,td,.source td{padding-left:.3rem;padding-right:.3rem}"
        "table{font-size:.8rem}"
        ".source tr:not(.gap)>:nth-child(2),.source tr:not(.gap)>:nth-child(4){display:none}}\n");
}
