#include "console.h"

// The compiler takes the files in as they are: one program has everything, wherever it runs. A file
// that is added to Assets has a line in each of the two lists; a test looks for those that have not.

// #embed is a part of C23 that clang has in all its modes.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char icon_svg[] = {
#embed "Assets/icon.svg"
};
static const unsigned char index_html[] = {
#embed "Assets/index.html"
};
static const unsigned char css_base_css[] = {
#embed "Assets/css/base.css"
};
static const unsigned char css_chart_css[] = {
#embed "Assets/css/chart.css"
};
static const unsigned char css_forms_css[] = {
#embed "Assets/css/forms.css"
};
static const unsigned char css_frame_css[] = {
#embed "Assets/css/frame.css"
};
static const unsigned char css_parts_css[] = {
#embed "Assets/css/parts.css"
};
static const unsigned char css_table_css[] = {
#embed "Assets/css/table.css"
};
static const unsigned char js_announce_js[] = {
#embed "Assets/js/announce.js"
};
static const unsigned char js_api_js[] = {
#embed "Assets/js/api.js"
};
static const unsigned char js_ask_js[] = {
#embed "Assets/js/ask.js"
};
static const unsigned char js_attention_js[] = {
#embed "Assets/js/attention.js"
};
static const unsigned char js_batch_js[] = {
#embed "Assets/js/batch.js"
};
static const unsigned char js_bytes_js[] = {
#embed "Assets/js/bytes.js"
};
static const unsigned char js_chart_js[] = {
#embed "Assets/js/chart.js"
};
static const unsigned char js_dom_js[] = {
#embed "Assets/js/dom.js"
};
static const unsigned char js_editor_js[] = {
#embed "Assets/js/editor.js"
};
static const unsigned char js_format_js[] = {
#embed "Assets/js/format.js"
};
static const unsigned char js_frame_js[] = {
#embed "Assets/js/frame.js"
};
static const unsigned char js_history_js[] = {
#embed "Assets/js/history.js"
};
static const unsigned char js_live_js[] = {
#embed "Assets/js/live.js"
};
static const unsigned char js_lock_js[] = {
#embed "Assets/js/lock.js"
};
static const unsigned char js_main_js[] = {
#embed "Assets/js/main.js"
};
static const unsigned char js_node_js[] = {
#embed "Assets/js/node.js"
};
static const unsigned char js_page_js[] = {
#embed "Assets/js/page.js"
};
static const unsigned char js_parts_js[] = {
#embed "Assets/js/parts.js"
};
static const unsigned char js_records_js[] = {
#embed "Assets/js/records.js"
};
static const unsigned char js_route_js[] = {
#embed "Assets/js/route.js"
};
static const unsigned char js_standing_js[] = {
#embed "Assets/js/standing.js"
};
static const unsigned char js_story_js[] = {
#embed "Assets/js/story.js"
};
static const unsigned char js_token_js[] = {
#embed "Assets/js/token.js"
};
static const unsigned char js_pages_dead_letter_js[] = {
#embed "Assets/js/pages/dead-letter.js"
};
static const unsigned char js_pages_dead_letters_js[] = {
#embed "Assets/js/pages/dead-letters.js"
};
static const unsigned char js_pages_kinds_js[] = {
#embed "Assets/js/pages/kinds.js"
};
static const unsigned char js_pages_overview_js[] = {
#embed "Assets/js/pages/overview.js"
};
static const unsigned char js_pages_partitions_js[] = {
#embed "Assets/js/pages/partitions.js"
};
static const unsigned char js_pages_session_js[] = {
#embed "Assets/js/pages/session.js"
};
static const unsigned char js_pages_sessions_js[] = {
#embed "Assets/js/pages/sessions.js"
};
static const unsigned char js_pages_transaction_js[] = {
#embed "Assets/js/pages/transaction.js"
};
static const unsigned char js_pages_transactions_js[] = {
#embed "Assets/js/pages/transactions.js"
};

#define ASSET(path, type, name) {path, type, name, sizeof name}
#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define SVG "image/svg+xml"

static const reprise_console_asset assets[] = {
    ASSET("icon.svg", SVG, icon_svg),
    ASSET("index.html", HTML, index_html),
    ASSET("css/base.css", CSS, css_base_css),
    ASSET("css/chart.css", CSS, css_chart_css),
    ASSET("css/forms.css", CSS, css_forms_css),
    ASSET("css/frame.css", CSS, css_frame_css),
    ASSET("css/parts.css", CSS, css_parts_css),
    ASSET("css/table.css", CSS, css_table_css),
    ASSET("js/announce.js", SCRIPT, js_announce_js),
    ASSET("js/api.js", SCRIPT, js_api_js),
    ASSET("js/ask.js", SCRIPT, js_ask_js),
    ASSET("js/attention.js", SCRIPT, js_attention_js),
    ASSET("js/batch.js", SCRIPT, js_batch_js),
    ASSET("js/bytes.js", SCRIPT, js_bytes_js),
    ASSET("js/chart.js", SCRIPT, js_chart_js),
    ASSET("js/dom.js", SCRIPT, js_dom_js),
    ASSET("js/editor.js", SCRIPT, js_editor_js),
    ASSET("js/format.js", SCRIPT, js_format_js),
    ASSET("js/frame.js", SCRIPT, js_frame_js),
    ASSET("js/history.js", SCRIPT, js_history_js),
    ASSET("js/live.js", SCRIPT, js_live_js),
    ASSET("js/lock.js", SCRIPT, js_lock_js),
    ASSET("js/main.js", SCRIPT, js_main_js),
    ASSET("js/node.js", SCRIPT, js_node_js),
    ASSET("js/page.js", SCRIPT, js_page_js),
    ASSET("js/parts.js", SCRIPT, js_parts_js),
    ASSET("js/records.js", SCRIPT, js_records_js),
    ASSET("js/route.js", SCRIPT, js_route_js),
    ASSET("js/standing.js", SCRIPT, js_standing_js),
    ASSET("js/story.js", SCRIPT, js_story_js),
    ASSET("js/token.js", SCRIPT, js_token_js),
    ASSET("js/pages/dead-letter.js", SCRIPT, js_pages_dead_letter_js),
    ASSET("js/pages/dead-letters.js", SCRIPT, js_pages_dead_letters_js),
    ASSET("js/pages/kinds.js", SCRIPT, js_pages_kinds_js),
    ASSET("js/pages/overview.js", SCRIPT, js_pages_overview_js),
    ASSET("js/pages/partitions.js", SCRIPT, js_pages_partitions_js),
    ASSET("js/pages/session.js", SCRIPT, js_pages_session_js),
    ASSET("js/pages/sessions.js", SCRIPT, js_pages_sessions_js),
    ASSET("js/pages/transaction.js", SCRIPT, js_pages_transaction_js),
    ASSET("js/pages/transactions.js", SCRIPT, js_pages_transactions_js),
};

const reprise_console_asset *reprise_console_asset_at(size_t index) {
    return index < sizeof assets / sizeof assets[0] ? &assets[index] : NULL;
}
