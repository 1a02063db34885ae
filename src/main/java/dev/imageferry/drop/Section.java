package dev.imageferry.drop;

/** The two folders of the root that ended jobs leave their files in. */
public enum Section {
    /** Of jobs that ended {@code AVAILABLE}. */
    DONE("done"),
    /** Of all others. */
    FAILED("failed");

    private final String folderName;

    Section(String folderName) {
        this.folderName = folderName;
    }

    /** The folder's name below the root. */
    public String folderName() {
        return folderName;
    }
}
