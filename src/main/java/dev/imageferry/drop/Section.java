package dev.imageferry.drop;

/** The two folders in the drop folder for the files of ended jobs. */
public enum Section {
    /** For jobs that ended as {@code AVAILABLE}. */
    DONE("done"),
    /** For all other jobs. */
    FAILED("failed");

    private final String folderName;

    Section(String folderName) {
        this.folderName = folderName;
    }

    public String folderName() {
        return folderName;
    }
}
