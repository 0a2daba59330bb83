/* The colours of an image, light and dark. */
#include "config.h"
#include "report/plot_parts.h"

static const char *const colors[][PLOT_COLORS] = {
    {"#0969da", "#bc4c00", "#1a7f37", "#8250df", "#cf222e", "#0b7a75", "#bf3989", "#8a6100"},
    {"#58a6ff", "#f0883e", "#3fb950", "#bc8cff", "#ff7b72", "#39c5bb", "#f778ba", "#d29922"},
};

static void put_colors(struct plot *plot, size_t theme)
{
    static const char *const plain[] = {
        "--paper:#ffffff;--ink:#1f2328;--faint:#59636e;--grid:#d1d9e0",
        "--paper:#0d1117;--ink:#e6edf3;--faint:#9198a1;--grid:#30363d",
    };
    markup_printf(&plot->markup, ":root{color-scheme:light dark;%s", plain[theme]);
    for (size_t i = 0; i < PLOT_COLORS; i++)
        markup_printf(&plot->markup, ";--c%zu:%s", i, colors[theme][i]);
    markup_put(&plot->markup, "}\n");
}

void plot_style(struct plot *plot)
{
    put_colors(plot, 0);
    markup_put(&plot->markup, "@media (prefers-color-scheme:dark){\n");
    put_colors(plot, 1);
    markup_put(&plot->markup, "}\n"
                              ".plot text{font:12px system-ui,sans-serif;fill:var(--ink)}\n"
                              ".plot .paper{fill:var(--paper)}\n"
                              ".plot .title{font-size:15px;font-weight:600}\n"
                              ".plot .faint{fill:var(--faint)}\n"
                              ".plot .grid{stroke:var(--grid)}\n"
                              ".plot .axis{stroke:var(--faint)}\n"
                              ".plot .peak{stroke:var(--faint);stroke-dasharray:2 3}\n"
                              ".plot .slope{stroke:var(--ink);stroke-dasharray:8 4}\n"
                              ".plot .dot{fill:var(--paper);stroke:var(--ink);stroke-width:1.5}\n"
                              ".plot .track{fill:none;stroke-width:1.5;stroke-linejoin:round}\n"
                              ".plot .child{stroke-dasharray:5 2}\n");
    for (size_t i = 0; i < PLOT_COLORS; i++)
        markup_printf(&plot->markup,
                      ".plot .s%zu{stroke:var(--c%zu)}.plot .f%zu{fill:var(--c%zu)}\n", i, i, i, i);
}
