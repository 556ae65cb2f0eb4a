//! What people do. Each story has a person of its own.

pub mod arranging;
mod conversation;
mod drafts;
mod flags;
mod line;
mod moving;
mod news;
mod reading;
mod search;

use crate::cell::Story;

/// All of them, the longest first.
pub const STORIES: &[(&str, Story)] = &[
    ("another folder is counted", |cell| Box::pin(news::another_folder_is_counted(cell))),
    ("two tabs see two folders", |cell| Box::pin(news::two_tabs_see_two_folders(cell))),
    ("a cut line comes back", |cell| Box::pin(line::a_cut_line_comes_back(cell))),
    ("a folder is up to date on return", |cell| Box::pin(news::a_folder_is_up_to_date_on_return(cell))),
    ("what one tab fetches is news for all", |cell| Box::pin(news::what_one_tab_fetches_is_news_for_all(cell))),
    ("a delivery shows", |cell| Box::pin(news::a_delivery_shows(cell))),
    ("a flag set elsewhere shows", |cell| Box::pin(news::a_flag_set_elsewhere_shows(cell))),
    ("what is erased elsewhere goes", |cell| Box::pin(news::what_is_erased_elsewhere_goes(cell))),
    ("folders and the list", |cell| Box::pin(reading::folders_and_the_list(cell))),
    ("reading and downloading", |cell| Box::pin(reading::reading_and_downloading(cell))),
    ("starred and read", |cell| Box::pin(flags::starred_and_read(cell))),
    ("a whole list is read", |cell| Box::pin(flags::a_whole_list_is_read(cell))),
    ("archived and back", |cell| Box::pin(moving::archived_and_back(cell))),
    ("moved and back", |cell| Box::pin(moving::moved_and_back(cell))),
    ("deleted and back", |cell| Box::pin(moving::deleted_and_back(cell))),
    ("erased from Trash", |cell| Box::pin(moving::erased_from_trash(cell))),
    ("an exchange is gathered", |cell| Box::pin(conversation::an_exchange_is_gathered(cell))),
    ("searching", |cell| Box::pin(search::searching(cell))),
    ("folders made, renamed, deleted", |cell| Box::pin(arranging::folders_made_renamed_deleted(cell))),
    ("a draft saved twice", |cell| Box::pin(drafts::a_draft_saved_twice(cell))),
];
