package dev.imageferry.linode;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Reads all pages of a list. An incomplete list is refused, because entries that are not in it count as missing. */
final class PagedList {
    private static final int MOST_PAGES = 1000;

    private PagedList() {}

    /** A call for one page. */
    @FunctionalInterface
    interface PageCall<T> {
        /**
         * Requests one page.
         *
         * @param number of the page, from 1
         */
        Answer<ResponseParsers.Page<T>> call(int number) throws InterruptedException;
    }

    static <T> Answer<List<T>> read(Operation operation, PageCall<T> pages) throws InterruptedException {
        List<T> items = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        Integer results = null;
        for (int page = 1; page <= MOST_PAGES; page++) {
            Answer<ResponseParsers.Page<T>> answer = pages.call(page);
            if (answer instanceof Answer.Refused<ResponseParsers.Page<T>> refused) {
                return refused.retyped();
            }
            if (!(answer instanceof Answer.Ok<ResponseParsers.Page<T>>(ResponseParsers.Page<T> got))) {
                throw new IllegalStateException("a list cannot be not found");
            }
            if (got.pagesOrNull() == null && got.resultsOrNull() == null) {
                return incomplete(operation, "it does not contain its length");
            }
            if (got.ids().contains("")) {
                return incomplete(operation, "an entry has no id");
            }
            if (page > 1 && !Objects.equals(results, got.resultsOrNull())) {
                return incomplete(operation, "its length changed while it was read");
            }
            results = got.resultsOrNull();
            items.addAll(got.items());
            ids.addAll(got.ids());
            boolean complete = results != null && ids.size() >= results;
            boolean last = got.pagesOrNull() == null ? complete || got.ids().isEmpty() : page >= got.pagesOrNull();
            if (last) {
                return results != null && !complete
                        ? incomplete(operation, "it has only " + ids.size() + " of " + results + " entries")
                        : new Answer.Ok<>(List.copyOf(items));
            }
        }
        return incomplete(operation, "it has more than " + MOST_PAGES + " pages");
    }

    private static <T> Answer<T> incomplete(Operation operation, String why) {
        return new Answer.Refused<>(
                new Problem(
                        ErrorCode.LINODE_ERROR,
                        "Linode's answer to the call to " + operation.description() + " is incomplete: " + why),
                false,
                Cause.SERVER);
    }
}
