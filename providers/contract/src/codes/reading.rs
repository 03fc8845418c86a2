//! Codes of the reader: the file, its bytes, its YAML. See the table in [`super`].

crate::codes! {
    CANNOT_OPEN = "AF0001" Error "The file cannot be read" "\
afctl was given a file that it cannot open: it does not exist, it is a directory, or its permissions forbid it. \
Nothing was checked.\n\nCheck the name (a name that looks alike is suggested) and the permissions. `-` reads standard \
input: `helm template … | afctl validate -`.";
    TOO_LARGE = "AF0002" Error "The file is too large" "\
A strawman is written by people; the largest known has some thousand lines. A file of more than 8 MiB is nearly \
always something else (a log, a dump, an image), so afctl does not read it.\n\nGive the strawman itself. If it was \
generated, name host ranges (`c[001-999]`) instead of listing every node.";
    NOT_UTF8 = "AF0003" Error "The text is not UTF-8" "\
YAML is text in UTF-8. A file saved as UTF-16 (some Windows editors) or Latin-1 has bytes that mean something else, \
and guessing would change names.\n\nSave it as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8 old.yaml > new.yaml`.";
    BINARY = "AF0004" Error "This is not a text file" "\
The file holds bytes that no text has: it is an archive, an image, a program or a damaged file.\n\nGive the YAML file \
itself; an archive must be unpacked first (`gunzip strawman.yaml.gz`).";
    EMPTY = "AF0005" Error "There is nothing in the file" "\
The file is empty or has comments only, so there is no strawman to check. In a pipeline this mostly means that the \
command before failed.\n\nStart from a commented strawman with `afctl init`.";
    SEVERAL_DOCUMENTS = "AF0006" Error "The file holds several YAML documents" "\
One strawman is one document. With several documents behind `---` it would be unclear which one counts, or in which \
order they apply.\n\nWrite each to a file of its own. To lay one over the other, give them in order: \
`afctl validate base.yaml site.yaml`.";
    SYNTAX = "AF0010" Error "The text is not YAML" "\
The YAML cannot be read from this place on, so nothing after it was checked. The mistake is at or just before the \
place shown.\n\nMost often it is the indentation of one line, a missing colon or a missing quote:\n\n    nodePools:\n      \
cpu: {site: here, cores: 64}";
    TAB = "AF0011" Error "A tab is used for indentation" "\
YAML is indented by spaces only: how wide a tab is differs between editors, and so would the meaning.\n\nReplace tabs \
by spaces: `expand -t 2 old.yaml > new.yaml`, and tell the editor to insert spaces in YAML files.";
    UNCLOSED = "AF0012" Error "A quote or bracket is not closed" "\
Everything after an open quote, `[` or `{` belongs to it until it is closed, so the rest of the file could not be \
read.\n\nClose it: `pools: [cpu, gpu]`, `name: \"a: b\"`. Inside single quotes write `''` for one `'`.";
    COLON = "AF0013" Error "A colon is missing, misplaced or needs quotes" "\
A key ends with a colon and a space: `cores: 64`. `cores:64` is one word, and a second `: ` in a line starts a second \
key where there can be none.\n\nAdd the space, or quote a text that contains `: `, as in `note: \"limit: 4 h\"`.";
    INDENTATION = "AF0014" Error "The indentation does not fit" "\
In YAML the indentation says what belongs to what. Keys of one mapping start in the same column, and what belongs to \
a key stands further right.\n\n    nodePools:\n      cpu:\n        site: here\n        cores: 64";
    NEEDS_QUOTES = "AF0015" Error "This text needs quotes" "\
Some characters have a meaning of their own at the start of a YAML value (`@`, `` ` ``, `%`, `*`, `&`, `!`, `{`, `[`), \
so a text that begins with one must be quoted.\n\nWrite `names: \"*\"`, `group: \"@physics\"`, `image: \"{{ image }}\"`.";
    ESCAPE = "AF0016" Error "An escape in double quotes is unknown" "\
In double quotes a backslash starts an escape such as `\\n` or `\\u00e9`; others are refused rather than guessed. \
Windows paths and regular expressions run into this.\n\nUse single quotes, where a backslash is a backslash: \
`'C:\\data'`, or double it: `\"C:\\\\data\"`.";
    DUPLICATE_KEY = "AF0020" Error "A key is given twice" "\
Two entries of one mapping have the same key. Most YAML tools let the last one win without a word, and half of what \
was written is lost.\n\nRemove one, or rename it. To change a value for one site or one variant use an overlay or \
`variants`.";
    KEY_NOT_TEXT = "AF0021" Error "A key is not a plain text" "\
Keys are names. A list, a mapping or nothing at all cannot be one. The usual cause is a template that was not \
rendered: `{{ name }}` reads as a mapping that is a key.\n\nRender the template first, or quote the key: \
`\"{{ name }}\": …`.";
    UNKNOWN_ALIAS = "AF0022" Error "An alias has no anchor" "\
`*name` repeats what was marked `&name` earlier in the same file. Anchors do not reach into other files, nor \
backwards.\n\nMark the value (`defaults: &defaults {…}`) before it is used, or, where the text itself begins with a \
star, quote it: `\"*\"`.";
    ALIAS_CYCLE = "AF0023" Error "An alias contains itself" "\
`&name` marks a value and `*name` inside that same value repeats it without end.\n\nMove the alias out of the value \
that it names.";
    MERGE_KEY = "AF0024" Error "A merge key has nothing to merge" "\
`<<: *name` copies the entries of a mapping, so it takes an alias of a mapping or a list of them.\n\n    defaults: \
&defaults {site: here, threadsPerCore: 2}\n    pool: {<<: *defaults, cores: 64}";
    TAG = "AF0025" Error "A YAML tag is not known here" "\
Tags such as `!include`, `!vault` or `!Ref` are commands of other programs. afctl reads plain YAML only: what a file \
says must not depend on which program reads it.\n\nTo combine files use overlays (`afctl validate base.yaml \
site.yaml`); for secrets use `secretRef`.";
    NOT_FINITE = "AF0026" Error "A number is not finite" "\
`.inf` and `.nan` are numbers in YAML, but nothing in a facility is infinite, and JSON cannot carry them.\n\nLeave the \
key out where there is no limit, or write the largest value that holds.";
    TOO_DEEP = "AF0030" Error "The document is nested too deeply" "\
A strawman needs about ten levels. A document with more than 128 is damaged or made to exhaust the reader.\n\nLook for \
brackets that are never closed, or for generated text that wraps itself.";
    TOO_BIG = "AF0031" Error "The document has too many parts" "\
With its aliases expanded the document has more parts than afctl reads (500,000). A few lines of aliases of aliases \
can stand for billions of values, so the reader stops.\n\nUse an alias for a value, not for a list of lists of \
aliases; name host ranges instead of hosts.";
    MANY_FINDINGS = "AF0032" Note "There is more to say than is listed" "\
After a thousand findings the check stops: so many have one cause, such as a wrong file or one wrong indentation near \
the top.\n\nMend the first ones and run it again.";
    DELETES_NOTHING = "AF0040" Warning "An overlay deletes what is not there" "\
In an overlay or a variant, `key: null` (or `~`, or nothing) deletes the key from what stands below it. Here \
there is no such key, so nothing happens: mostly a misspelt name, or a file given in the wrong order.\n\nCorrect the \
name, or remove the line.";
}
