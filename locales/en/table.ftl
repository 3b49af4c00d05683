# What the console's tables share
table-filter = Filter
table-clear = Clear filters
table-any = All
table-pages = Pages
table-previous = Previous page
table-next = Next page
table-select = Select { $name }
table-select-all = Select all on this page
table-selected-some = Selected
table-selected = { $count } selected
table-deselect = Deselect
table-acts = Actions
table-acts-on = Actions on { $name }
table-copied = Copied

# "Really?"
confirm-back = Back
confirm-count = Type { $count } to confirm
confirm-count-hint = More than 10 at once are confirmed by their number.
confirm-count-wrong = Type the number { $count }.
