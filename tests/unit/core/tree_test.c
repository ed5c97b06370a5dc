#include "support/test.h"

#include <string.h>

#include "core/block.h"
#include "core/span.h"
#include "core/thread.h"
#include "core/tree.h"
#include "ctrace/trace.h"
#include "support/allocator.h"
#include "support/probe.h"

typedef struct pair {
    ctrace_subscriber base;
    ctrace_subscriber *held[3];
} pair;

static ctrace_subscriber *inner_of(ctrace_subscriber *self, size_t i) {
    return i < 3 ? ((pair *)self)->held[i] : NULL;
}

static void free_pair(ctrace_subscriber *self) {
    ctrace_subscriber_unref(inner_of(self, 0));
    ctrace_subscriber_unref(inner_of(self, 1));
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .inner = inner_of, .free = free_pair};

static ctrace_subscriber *make_pair(pair *self, ctrace_subscriber *one, ctrace_subscriber *two) {
    memset(self, 0, sizeof *self);
    ctrace_subscriber_init(&self->base, &ops);
    self->held[0] = one;
    self->held[1] = two;
    return &self->base;
}

static void nodes_lie_in_preorder(void **state) {
    (void)state;
    static pair outer, inner;
    static probe a, b, c;
    ctrace_subscriber *root =
        make_pair(&outer, make_pair(&inner, probe_init(&a), probe_init(&b)), probe_init(&c));
    cti_tree *tree = cti_tree_of(root);
    assert_ptr_equal(cti_tree_of(root), tree);
    assert_int_equal(tree->node_count, 5);
    const ctrace_subscriber *expected[] = {root, &inner.base, &a.base, &b.base, &c.base};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(cti_tree_find(tree, expected[i]), i);
    }
    for (int i = 4; i >= 0; i--) {
        assert_int_equal(cti_tree_find(tree, expected[i]), i);
    }
    static probe stranger;
    ctrace_subscriber *other = probe_init(&stranger);
    assert_int_equal(cti_tree_find(tree, other), -1);
    ctrace_subscriber_unref(other);
    assert_int_equal(tree->data_size % _Alignof(max_align_t), 0);
    assert_true(tree->nodes[2].data_offset < tree->nodes[3].data_offset);
    ctrace_subscriber_unref(root);
    assert_int_equal(
        probe_calls(&a, PROBE_FREE) + probe_calls(&b, PROBE_FREE) + probe_calls(&c, PROBE_FREE), 3);
}

/* What a span needs in memory, with so many values and no text. */
static size_t size_with(const cti_tree *tree, size_t values) {
    return sizeof(ctrace_span) + values * sizeof(ctrace_value) + tree->room;
}

static void it_knows_which_spans_are_common(void **state) {
    (void)state;
    static const size_t rooms[] = {0, 1, 64, 112, 113, 128, 129, 300};
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        const ctrace_subscriber_ops keeping = {.size = sizeof keeping, .span_data_size = rooms[i]};
        ctrace_subscriber self;
        ctrace_subscriber_init(&self, &keeping);
        const cti_tree *tree = cti_tree_of(&self);
        assert_true(size_with(tree, tree->common_end) > CTI_BLOCK_SMALLEST);
        assert_true(tree->common_end == 0 ||
                    size_with(tree, tree->common_end - 1) <= CTI_BLOCK_SMALLEST);
        ctrace_subscriber_unref(&self);
    }
}

static void a_tree_without_memory(void **state) {
    (void)state;
    static probe one;
    const size_t alive = allocator_alive();
    ctrace_subscriber *self = probe_init(&one);
    for (size_t n = 1; n <= 2; n++) {
        allocator_fail_at(n);
        assert_null(cti_tree_of(self));
        assert_int_equal(allocator_alive(), alive);
    }
    allocator_fail_at(0);
    assert_non_null(cti_tree_of(self));
    ctrace_subscriber_unref(self);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1);
    assert_int_equal(allocator_alive(), alive);
}

static void a_scope_has_one_lease_for_a_tree(void **state) {
    (void)state;
    static probe one, two;
    ctrace_subscriber *first = probe_init(&one), *second = probe_init(&two);
    cti_scope *scope = cti_self.scope;
    cti_lease *lease = cti_lease_of(scope, cti_tree_of(first));
    cti_lease *other = cti_lease_of(scope, cti_tree_of(second));
    assert_ptr_not_equal(lease, other);
    assert_ptr_equal(cti_lease_of(scope, cti_tree_of(first)), lease);
    ctrace_subscriber_unref(first); /* its lease is free for the next tree */
    assert_null(lease->tree);
    static probe three;
    ctrace_subscriber *third = probe_init(&three);
    assert_ptr_equal(cti_lease_of(scope, cti_tree_of(third)), lease);
    ctrace_subscriber_unref(second);
    ctrace_subscriber_unref(third);
}

int main(void) {
    allocator_use();
    ctrace_thread_prepare();
    const struct CMUnitTest tests[] = {
        TEST(nodes_lie_in_preorder),
        TEST(it_knows_which_spans_are_common),
        TEST(a_tree_without_memory),
        TEST(a_scope_has_one_lease_for_a_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
