/* SPDX-License-Identifier: MIT */
/* The configuration as JSON: one object, xl's keys; texts, numbers, booleans, and lists of texts. By libyajl. */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

/* A number that the other syntax has not, a fraction, is a text in both. */
static char *scalar(yajl_val v, bool *is_number)
{
    *is_number = YAJL_IS_NUMBER(v) ? text_is_number(v->u.number.r) : YAJL_IS_TRUE(v) || YAJL_IS_FALSE(v);
    if (YAJL_IS_STRING(v))
        return strdup(v->u.string);
    if (YAJL_IS_NUMBER(v))
        return strdup(v->u.number.r);
    if (YAJL_IS_TRUE(v) || YAJL_IS_FALSE(v))
        return strdup(YAJL_IS_TRUE(v) ? "1" : "0");
    return NULL;
}

static int assign(struct assigner *a, const char *key, yajl_val v)
{
    struct assignment s = {.key = key, .list = YAJL_IS_ARRAY(v)};
    size_t n = s.list ? v->u.array.len : 1;
    int rc = 0;

    s.value = calloc(n + 1, sizeof(*s.value));
    if (!s.value)
        abort();
    for (; s.n < n && !rc; s.n++) {
        s.value[s.n] = scalar(s.list ? v->u.array.values[s.n] : v, &s.number);
        if (!s.value[s.n])
            rc = pxl_fail(a->p, NULL, EINVAL, NULL, "read %s: %s: a text, a number, or a list of them is wanted", a->source, key);
        else if (!text_valid(s.value[s.n])) /* libyajl lets some of it pass that is none */
            rc = pxl_fail(a->p, NULL, EINVAL, NULL, "read %s: %s: a text is not UTF-8", a->source, key);
    }
    if (!rc)
        rc = config_assign(a, &s);
    for (unsigned i = 0; i < s.n; i++)
        free(s.value[i]);
    free(s.value);
    return rc;
}

/* What the parser would take and we would not survive or not see: deep nesting (its trees are freed by recursion), and a NUL
 * in a text. */
static const char *unfit(const char *text, size_t size)
{
    bool inside = false;
    int depth = 0;

    for (size_t i = 0; i < size; i++) {
        if (inside && text[i] == '\\') {
            if (size - i > 5 && !memcmp(text + i, "\\u0000", 6))
                return "a text has a NUL";
            i++;
        } else if (text[i] == '"') {
            inside = !inside;
        } else if (!inside && (text[i] == '[' || text[i] == '{')) {
            if (++depth > 4)
                return "it is nested too deep";
        } else if (!inside && (text[i] == ']' || text[i] == '}')) {
            depth--;
        }
    }
    return memchr(text, 0, size) ? "it has a NUL" : NULL;
}

int config_read_json(struct assigner *a, const char *text, size_t size)
{
    const char *not = unfit(text, size);
    char why[256] = "", *copy;
    yajl_val root;
    int rc = 0;

    if (not)
        return pxl_fail(a->p, NULL, EINVAL, NULL, "read %s as JSON: %s", a->source, not);
    copy = text_dup(text, size);
    root = yajl_tree_parse(copy, why, sizeof(why));
    free(copy);
    why[strcspn(why, "\n")] = 0;
    if (!root || !YAJL_IS_OBJECT(root))
        rc = pxl_fail(a->p, NULL, EINVAL, NULL, "read %s as JSON: %s", a->source, *why ? why : "an object is wanted");
    for (size_t i = 0; !rc && i < root->u.object.len; i++)
        rc = assign(a, root->u.object.keys[i], root->u.object.values[i]);
    yajl_tree_free(root);
    return rc;
}

static void text_put(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static void put(void *arg, const struct assignment *s)
{
    yajl_gen g = arg;

    text_put(g, s->key);
    if (s->list)
        yajl_gen_array_open(g);
    for (unsigned i = 0; i < s->n; i++) {
        if (s->number)
            yajl_gen_number(g, s->value[i], strlen(s->value[i]));
        else
            text_put(g, s->value[i]);
    }
    if (s->list)
        yajl_gen_array_close(g);
}

char *pxl_config_to_json(const struct pxl_config *c)
{
    yajl_gen g = yajl_gen_alloc(NULL);
    const unsigned char *text;
    char *copy;
    size_t size;

    if (!g)
        return NULL;
    yajl_gen_config(g, yajl_gen_beautify, 1);
    yajl_gen_map_open(g);
    config_each(c, put, g);
    yajl_gen_map_close(g);
    copy = yajl_gen_get_buf(g, &text, &size) == yajl_gen_status_ok ? text_dup((const char *)text, size) : NULL;
    yajl_gen_free(g);
    return copy;
}
